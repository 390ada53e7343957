/** The tables of drills: how far the audit log was read for each, and how it stands at each place. The SQL of a migration: it never changes. */
export const DRILLS = `
      create table drill (
        drill text primary key,
        seq integer not null,
        agreed_at_seq integer not null,
        scope text not null
      ) strict;
      create table drill_place (
        drill text not null,
        place text not null,
        body text not null,
        primary key (drill, place)
      ) strict;
    `;
