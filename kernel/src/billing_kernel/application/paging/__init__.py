"""Do for a page of services, in one transaction, what a step does for one of them.

A page writes the very rows that one by one would be written, from the same functions for prices
and for what rows hold. What isn't the plain case it leaves to be done one by one.
"""
