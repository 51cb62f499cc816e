//! The places for connections of one thread.

use crate::connection::Connection;

/// Who uses a connection: those who hold on to theirs and those who do not must not share, or nobody would hold on for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Keeps it as long as the server does.
    Holds = 0,
    /// Closes it after some requests.
    Closes = 1,
}

/// Places for at most so many connections, and which of them are free.
pub(super) struct Pool {
    connections: Vec<Connection>,
    /// Places of open connections with nothing to do; the last used is used first, so that few stay warm.
    idle: [Vec<u32>; 2],
    /// Places without a connection.
    vacant: Vec<u32>,
    most: usize,
}

impl Pool {
    pub(super) fn new(most: usize) -> Self {
        Pool { connections: Vec::new(), idle: Default::default(), vacant: Vec::new(), most }
    }

    pub(super) fn at(&mut self, place: u32) -> &mut Connection {
        &mut self.connections[place as usize]
    }

    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.connections.iter_mut()
    }

    /// Whether a request would find a place.
    pub(super) fn has_room(&self) -> bool {
        self.connections.len() < self.most || !self.vacant.is_empty() || self.idle.iter().any(|idle| !idle.is_empty())
    }

    /// A place for a request: an idle connection of its own habit, or room for a new one, or else the other habit's connection.
    pub(super) fn take(&mut self, habit: Habit) -> Option<u32> {
        let own = habit as usize;
        if let Some(place) = self.idle[own].pop().or_else(|| self.vacant.pop()) {
            return Some(place);
        }
        if self.connections.len() < self.most {
            self.connections.push(Connection::default());
            return Some(self.connections.len() as u32 - 1);
        }
        self.idle[1 - own].pop()
    }

    /// Frees `place`, which is used by `habit` if it has an open connection.
    pub(super) fn give_back(&mut self, place: u32, habit: Habit) {
        let open = self.connections[place as usize].is_open();
        if open { self.idle[habit as usize].push(place) } else { self.vacant.push(place) }
    }

    /// The idle connection at `place` is gone.
    pub(super) fn forget_idle(&mut self, place: u32) {
        self.connections[place as usize].close();
        self.idle.iter_mut().for_each(|idle| idle.retain(|idle| *idle != place));
        self.vacant.push(place);
    }
}
