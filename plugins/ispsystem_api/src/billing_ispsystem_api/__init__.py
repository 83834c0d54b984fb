"""The HTTP dialect that the ISPsystem products share: client and simulator."""
