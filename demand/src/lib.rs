//! Who asks for what, when: requests, the trace, the plan a load run keeps to.
