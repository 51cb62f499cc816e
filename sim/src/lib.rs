//! The region: residents make trips, trips make demand.
