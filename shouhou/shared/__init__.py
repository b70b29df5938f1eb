"""The cellar: the journal of events, Lifecycle, files, time and the frame of a page.

It knows no word of after-sales service; a word that a dispatcher says belongs upstairs.
"""
