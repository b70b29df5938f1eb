"""Shouhou 售后: after-sales service that keeps, proves and improves its promises."""
