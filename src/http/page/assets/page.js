/** Keeps an open page up to date, and shows times in the zone of the reader. The page is complete without it. */
(() => {
  const STALE_MS = 12_000;
  const RETRY_MS = 3_000;
  const { live, marks } = document.body.dataset;
  const shown = new Map((marks ?? '').split(',').map((each) => each.split('.')));
  const byId = (id) => document.getElementById(id);
  let isLocal = localStorage.getItem('zone') === 'local';
  let heardAt = Date.now();
  let source = null;
  // The clock of this machine may be another than that of the watcher.
  let lagMs = Date.now() - Date.parse(byId('as-of')?.dateTime ?? new Date().toISOString());

  const span = (ms) => {
    const seconds = Math.max(0, Math.round(ms / 1_000));
    if (seconds < 90) return `${seconds} s`;
    if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
    return seconds < 129_600 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
  };
  const local = (at, parts) => new Intl.DateTimeFormat(undefined, { hourCycle: 'h23', ...parts }).format(at);
  const HOURS = { hour: '2-digit', minute: '2-digit' };
  const DAY = { day: 'numeric', month: 'short' };
  const words = (at, as) => {
    if (as === 'day') return local(at, at.getHours() + at.getMinutes() === 0 ? DAY : HOURS);
    const now = new Date(Date.now() - lagMs);
    const isToday = at.toDateString() === now.toDateString();
    const day = at.getFullYear() === now.getFullYear() ? DAY : { ...DAY, year: 'numeric' };
    const time = local(at, as === 'seconds' ? { ...HOURS, second: '2-digit' } : HOURS);
    return as === 'clock-only' || isToday ? time : `${local(at, day)} ${time}`;
  };
  const showTimes = (within) => {
    for (const element of within.querySelectorAll('[data-as]')) {
      const iso = element.getAttribute('datetime') ?? element.dataset.at;
      const { as } = element.dataset;
      element.dataset.utc ??= element.textContent;
      const text =
        as === 'ago'
          ? `${span(Date.now() - lagMs - Date.parse(iso))} ago`
          : isLocal
            ? words(new Date(iso), as)
            : element.dataset.utc;
      if (element.textContent !== text) element.textContent = text;
      if (element.localName === 'time') element.title = iso;
    }
  };
  const showZone = () => {
    const name = isLocal ? Intl.DateTimeFormat().resolvedOptions().timeZone : 'UTC';
    for (const element of document.querySelectorAll('#zone-name, [data-zone]')) element.textContent = name;
    const button = byId('zone');
    // A page without times (a refusal, the login) has none.
    if (button !== null) {
      button.hidden = false;
      button.textContent = isLocal ? 'Use UTC' : 'Use my time zone';
    }
    showTimes(document);
  };
  const showState = (isOld) => {
    const text = isOld
      ? `no word from the watcher for ${span(Date.now() - heardAt)}: what you see is old`
      : 'live';
    const element = byId('live-state');
    document.body.classList.toggle('old', isOld);
    if (element.textContent !== text) element.textContent = text;
  };
  const hear = (iso) => {
    heardAt = Date.now();
    if (iso) {
      lagMs = heardAt - Date.parse(iso);
      const asOf = byId('as-of');
      asOf.dateTime = iso;
      asOf.dataset.utc = iso.slice(11, 19);
    }
    showTimes(byId('live'));
    showState(false);
  };
  const morph = (id, html) =>
    Idiomorph.morph(byId(id), html, {
      callbacks: {
        // What somebody has opened stays open, and what holds the focus for something that has gone goes on to hold it.
        beforeAttributeUpdated: (attribute, element) =>
          attribute !== 'tabindex' && !(attribute === 'open' && element.localName === 'details'),
        // An empty part stands for one that is there already, and stays as it is.
        beforeNodeMorphed: (there, next) => there.id !== next.id || !next.hasAttribute?.('data-part'),
      },
    });
  /** Keeps the focus where it is while something changes. Where its element goes, what is around that gets it, so that Tab goes on from there. */
  const keepFocus = (change) => {
    const held = document.activeElement;
    const around = [];
    for (let each = held; each !== null; each = each.parentElement) around.push(each);
    change();
    if (document.activeElement === held) return;
    const next = around.find((each) => each.isConnected && (each === held || each instanceof HTMLElement));
    if (next !== held && !next.hasAttribute('tabindex')) next.tabIndex = -1;
    next.focus({ preventScroll: true });
  };
  const merge = ({ name, mark, frame, parts }) => {
    shown.set(name, mark);
    keepFocus(() => {
      if (frame !== null) morph(name, frame);
      for (const [id, html] of Object.entries(parts)) morph(id, html);
    });
    showTimes(byId(name));
  };
  const listen = () => {
    if (source !== null || document.hidden) return;
    source = new EventSource(
      `${live}&marks=${encodeURIComponent([...shown].map((each) => each.join('.')).join())}`,
    );
    source.addEventListener('sign', (event) => hear(event.data));
    source.addEventListener('section', (event) => merge(JSON.parse(event.data)));
    source.onerror = () => {
      // Begun anew each time: the address says what is shown by now, and a refusal is tried again.
      source?.close();
      source = null;
      setTimeout(listen, RETRY_MS);
      void leaveIfOut();
    };
  };
  /** A login that has ended shows as a stream that is refused, of which nothing tells why. */
  const leaveIfOut = async () => {
    const answer = await fetch(live, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
    if (answer?.status !== 401) return;
    const to = location.pathname + location.search;
    location.assign(to === '/' ? '/login' : `/login?${new URLSearchParams({ to })}`);
  };
  // A page that nobody sees holds no connection: a browser has six of them for one host.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) return listen();
    source?.close();
    source = null;
  });
  byId('zone')?.addEventListener('click', () => {
    isLocal = !isLocal;
    localStorage.setItem('zone', isLocal ? 'local' : 'utc');
    showZone();
  });
  document.addEventListener('keydown', ({ key, target }) => {
    const opened = key === 'Escape' ? target.closest('details[open]') : null;
    if (opened === null) return;
    opened.open = false;
    opened.querySelector('summary').focus();
  });
  // What was done is said once: neither a page that is loaded again nor a link that is sent on says so again.
  const address = new URL(location.href);
  if (address.searchParams.has('said')) {
    address.searchParams.delete('said');
    history.replaceState(null, '', address.pathname + address.search + address.hash);
  }
  showZone();
  // Once it is seen: to measure it sooner would have it laid out before anything is shown.
  const lanes = document.querySelector('.lanes');
  const showNow = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    showNow.disconnect();
    if (lanes.scrollLeft === 0) lanes.scrollLeft = lanes.scrollWidth;
  });
  if (lanes !== null) showNow.observe(lanes);
  if (live === undefined) return;
  setInterval(() => {
    showTimes(document);
    if (Date.now() - heardAt > STALE_MS) showState(true);
  }, 1_000);
  listen();
})();
