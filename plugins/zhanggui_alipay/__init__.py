"""Alipay: a provider of payments that knows a protocol and nothing of orders."""
