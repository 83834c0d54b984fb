"""`python -m billing_kernel.cli`."""

from billing_kernel.cli import main

main()
