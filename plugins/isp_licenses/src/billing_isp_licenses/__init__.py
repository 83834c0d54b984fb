"""Resell ISPsystem licences through the vendor's BILLmanager."""
