"""Service requests from the first word to the confirmed, followed-up solution, and the problems behind them.

It refuses to know how visits are planned and what the hotline's shifts are: rooms above drive it.
"""
