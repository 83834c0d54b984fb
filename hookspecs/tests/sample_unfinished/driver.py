"""Drivers that can be made, and nothing more."""

from billing_hookspecs import FieldKind, FormField, IpAllocator, PaymentGateway, ProcessingModule

URL = FormField("url", {"en": "Address"}, FieldKind.URL)


class Module(ProcessingModule):
    key = "unfinished"
    title = {"en": "Unfinished"}
    product_types = ("unfinished",)
    settings = (URL,)
    check_connection = open_service = close_service = find_operation = None


class Gateway(PaymentGateway):
    key = "unfinished"
    title = {"en": "Unfinished"}
    settings = (URL,)
    start_payment = None


class Allocator(IpAllocator):
    key = "unfinished"
    title = {"en": "Unfinished"}
    settings = (URL,)
    check_connection = allocate_address = release_address = find_address = None
