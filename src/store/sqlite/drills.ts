/** The tables of drills: what is agreed, and how each place keeps it. */
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
