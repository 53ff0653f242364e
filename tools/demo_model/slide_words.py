# SPDX-License-Identifier: MIT
"""The words and phrases that the demo model can read on slides (none of them is the name of an object or a shape)."""

_SINGLE = """
ingestion analytics benchmark performance latency throughput scalability availability reliability security privacy
architecture overview introduction conclusion summary agenda questions answers demo example tutorial workshop keynote
welcome thanks goodbye roadmap strategy vision mission values goals results findings method experiment evaluation
discussion background motivation problem solution challenges lessons limitations future related references appendix
database query index schema storage replication partition transaction consistency backup recovery migration
vector embedding similarity search retrieval ranking recall precision accuracy training inference model dataset
network server client protocol packet router firewall bandwidth internet browser website frontend backend
software hardware compiler kernel memory processor thread process scheduler driver firmware debugger profiler
python javascript rust java linux windows android docker kubernetes terraform postgres mysql sqlite
testing deployment integration delivery monitoring logging tracing alerting automation pipeline workflow release
design interface prototype feedback usability accessibility customer product market revenue growth profit budget
finance investment risk compliance audit governance legal contract partner vendor supplier
team leadership culture hiring career remote office meeting deadline schedule milestone
community conference speaker audience sponsor volunteer contributor maintainer license
science physics chemistry biology mathematics statistics geometry algebra history geography
education university student teacher research laboratory journal publication
health medicine hospital patient doctor therapy vaccine nutrition exercise
climate energy solar electricity carbon recycling sustainability environment
music concert festival cinema theatre museum gallery literature poetry
travel airport hotel holiday adventure weather forecast
""".split()

_PHRASES = """
ultra-fast ingestion|machine learning|deep learning|neural networks|data science|big data|open source|cloud native
real time|time series|full text|vector database|semantic search|hybrid search|load balancing|fault tolerance
high availability|disaster recovery|lessons learned|next steps|future work|related work|thank you|any questions
case study|best practices|getting started|key takeaways|live coding|coffee break|lunch break|about me|contact us
table of contents|step by step|before and after|how it works|why it matters|what is new|pros and cons
user experience|customer success|product launch|quarterly report|annual review|business model|return on investment
supply chain|project management|risk assessment|quality control|continuous integration|version control
code review|unit tests|pull request|release notes|breaking changes|bug fixes|technical debt
access control|identity management|zero trust|threat model|incident response|root cause
message queue|stream processing|batch processing|event driven|data lake|data warehouse|query planner
distributed systems|operating systems|computer vision|language models|prompt engineering|transfer learning
loss function|gradient descent|attention mechanism|feature extraction|random forest|decision tree
nearest neighbours|approximate search|inverted index|columnar storage|row store|hello world
question and answer|part one|part two|part three|chapter one|the end|to be continued|stay tuned
""".replace("\n", "|").split("|")

WORDS = list(dict.fromkeys(_SINGLE + [phrase.strip() for phrase in _PHRASES if phrase.strip()]))
