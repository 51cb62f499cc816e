"""Covasim as it comes: `covasim_days.py RESIDENTS DAYS`, every agent one resident."""

import sys

import covasim

residents, days = map(int, sys.argv[1:])
sim = covasim.Sim(pop_size=residents, pop_infected=residents // 100, n_days=days, rand_seed=1, verbose=0)
sim.run()
