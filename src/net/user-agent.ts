import ownPackage from '../../package.json' with { type: 'json' };

/** Who asks, with the version: what the logs of Atlas, of a receiver or of a gateway tell apart. */
export const USER_AGENT = `restore-watcher/${ownPackage.version}`;
