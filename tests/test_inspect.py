"""What goes on inside: the room as a whole; its parts have tests of their own."""

import nbembed as nb


def test_every_name_of_the_room_is_documented():
    for name in nb.inspect.__all__:
        assert getattr(nb.inspect, name).__doc__
