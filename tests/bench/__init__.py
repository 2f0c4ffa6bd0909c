"""Benchmarks: amsync beside what a user would pick instead, and beside what the machine allows.

    run             the command line; scripts/bench calls it
    accept, through, cost, feel, growth, other
                    a family of measurements each; other is n8n
    stand           a PostgreSQL for all sides, databases that are ready, simulated Magentos
    sides, side_n8n amsync, Fastify and n8n, each started and stopped as it should be run
    messages        what is sent: whole HTTP requests with slots for their numbers
    load            the load generator (load/), and CPU time and memory from /proc
    limits          PostgreSQL's own INSERTs, libmicrohttpd without a database
    drain           sending orders and waiting for them; rates and quantiles of outcomes
    instructions    counted by callgrind
    waiting_orders  very many orders, written into the tables at once
    results, report figures, ratios, targets; RESULTS.md
"""
