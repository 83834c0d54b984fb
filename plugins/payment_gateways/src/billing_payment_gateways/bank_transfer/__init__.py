"""Payment by bank transfer: the payer sends money, an administrator confirms what came."""
