"""EU withdrawals: the shopper's statement, its receipt, the period, and what it asks of the store.

A withdrawal is not a return: nobody is asked for a reason or a code, and every statement is kept, whether we find the
order or not. What follows from one is decided in `flows.withdraw`. None of this is legal advice.
"""
