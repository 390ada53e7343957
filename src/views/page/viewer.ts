/**
 * Who looks at a page: `actor` has the token that may act, `viewer` the one that may look. `anybody`: no token is set, so whoever can connect may look, and
 * nobody may act.
 */
export type Viewer = 'actor' | 'viewer' | 'anybody';
