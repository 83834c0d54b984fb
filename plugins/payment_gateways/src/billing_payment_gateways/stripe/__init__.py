"""Payment by card and whatever else Stripe Checkout offers, on Stripe's own page."""
