"""Payment through YooKassa: cards, SBP, wallets, on YooKassa's own page."""
