"""Benchmarks: amsync beside what a user would pick instead, and beside what the machine allows.

    run            the command line; scripts/bench calls it
    stand          the machine under test: a PostgreSQL, a simulated Magento, the programs
    sides          amsync, Fastify and n8n, each started and stopped as it should be run
    messages       what is sent: whole HTTP requests with slots for their numbers
    load           the load generator, the limits, and CPU time and memory from /proc
    results        figures, ratios and targets
    report         RESULTS.md
    accept, through, cost, feel, growth, other   a family of measurements each
"""
