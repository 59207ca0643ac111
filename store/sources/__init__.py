"""Online sources: registers of papers that are asked over the network.

`base` asks, politely and again where that helps; one file a register knows its addresses and
hands its answers to the readers of `store.readers`; `running` goes through the answers one after
the other, and `state` keeps how far it came, so that an interrupted command goes on from there.
"""
