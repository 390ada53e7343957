export type SmtpCommand = 'EHLO' | 'HELO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'RSET' | 'NOOP' | 'QUIT';

/** Where a scripted answer can stand: a command, the greeting (`CONNECT`) or the end of the data (`MESSAGE`). */
export type SmtpStage = SmtpCommand | 'CONNECT' | 'MESSAGE';

/** A whole reply line such as `451 4.3.0 Try again later`, given in place of carrying the command out; or silence; or a cut connection. */
export type SmtpAnswer = `${number} ${string}` | 'hang' | 'drop';

export interface SmtpSessionOptions {
  /** Who may send; `null`: everybody, and no login is offered. */
  account: { user: string; password: string } | null;
  maxMessageBytes: number;
  /** The scripted answer, if there is one. The argument is the command's; of `MESSAGE` it is the message, headers and body. */
  script: (stage: SmtpStage, argument: string) => SmtpAnswer | null;
  write: (text: string) => void;
  /** Ends the connection when what was written is gone; `drop` at once. */
  end: (how: 'after_writing' | 'drop') => void;
  /** A message has been taken. */
  accept: (message: { from: string; to: string[]; raw: Buffer }) => void;
}

/** The server's side of one connection. */
export interface SmtpSession {
  /** Sends the greeting. */
  greet(): void;
  /** Takes one line, without its line break. One character is one byte. */
  line(line: string): void;
}

interface Envelope {
  from: string;
  to: string[];
}

/** What the next line means. */
type Mode =
  | { kind: 'command' }
  | Data
  | { kind: 'login'; step: (line: string) => string }
  /** A scripted silence: nothing is read any more. */
  | { kind: 'silent' };

interface Data {
  kind: 'data';
  envelope: Envelope;
  lines: string[];
  bytes: number;
}

const DOMAIN = 'restore-watcher.simulator';
const OK = '250 2.0.0 Ok';
const BAD_SEQUENCE = '503 5.5.1 Bad sequence of commands';
const TOO_BIG = '552 5.3.4 Message too big';

/** RFC 5321 with AUTH PLAIN and LOGIN (RFC 4954): as much of it as a sender needs, in the order that it demands. */
export function createSmtpSession(options: SmtpSessionOptions): SmtpSession {
  const { account, maxMessageBytes, script, write, end, accept } = options;
  let mode: Mode = { kind: 'command' };
  let greeted = false;
  let loggedIn = account === null;
  let envelope: Envelope | null = null;

  const send = (reply: string): void => {
    write(`${reply}\r\n`);
    if (/^[24]21/.test(reply)) end('after_writing');
  };

  /** Sends the scripted answer where there is one, otherwise what `carryOut` says. */
  const respond = (stage: SmtpStage, argument: string, carryOut: () => string): void => {
    const scripted = script(stage, argument);
    if (scripted === 'hang') mode = { kind: 'silent' };
    else if (scripted === 'drop') end('drop');
    else send(scripted ?? carryOut());
  };

  const hello = (): string => {
    greeted = true;
    envelope = null;
    const login = account ? ['AUTH PLAIN LOGIN'] : [];
    const offers = ['PIPELINING', `SIZE ${maxMessageBytes}`, '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES'];
    const lines = [DOMAIN, ...offers, ...login];
    return lines.map((text, index) => `250${index === lines.length - 1 ? ' ' : '-'}${text}`).join('\r\n');
  };

  /** Asks for one more line of the login; `*` cancels it. */
  const ask = (prompt: string, next: (decoded: string) => string): string => {
    const step = (line: string): string => {
      mode = { kind: 'command' };
      return line === '*' ? '501 5.7.0 Authentication cancelled' : next(fromBase64(line));
    };
    mode = { kind: 'login', step };
    return `334 ${Buffer.from(prompt).toString('base64')}`;
  };

  const finishLogin = (user: string, password: string): string => {
    loggedIn = user === account?.user && password === account.password;
    return loggedIn ? '235 2.7.0 Authentication successful' : '535 5.7.8 Authentication failed';
  };

  const login = (argument: string): string => {
    if (account === null) return '502 5.5.1 Command not implemented';
    if (!greeted || loggedIn || envelope) return BAD_SEQUENCE;
    const [mechanism = '', initial] = argument.split(' ');
    const plain = (decoded: string): string => {
      const [, user = '', password = ''] = decoded.split('\0');
      return finishLogin(user, password);
    };
    const name = (user: string): string => ask('Password:', (password) => finishLogin(user, password));
    switch (mechanism.toUpperCase()) {
      case 'PLAIN':
        return initial === undefined ? ask('', plain) : plain(fromBase64(initial));
      case 'LOGIN':
        return initial === undefined ? ask('Username:', name) : name(fromBase64(initial));
      default:
        return '504 5.5.4 Unrecognized authentication type';
    }
  };

  const mail = (argument: string): string => {
    if (!greeted || envelope) return BAD_SEQUENCE;
    if (!loggedIn) return '530 5.7.0 Authentication required';
    const [, from, parameters = ''] = /^FROM:\s*<([^>]*)>(.*)$/i.exec(argument) ?? [];
    if (from === undefined) return '501 5.5.4 Syntax: MAIL FROM:<address>';
    const size = Number(/\bSIZE=(\d+)/i.exec(parameters)?.[1] ?? 0);
    if (size > maxMessageBytes) return TOO_BIG;
    envelope = { from: utf8(from), to: [] };
    return '250 2.1.0 Ok';
  };

  const recipient = (argument: string): string => {
    if (!envelope) return BAD_SEQUENCE;
    const address = /^TO:\s*<([^>]+)>/i.exec(argument)?.[1];
    if (address === undefined) return '501 5.5.4 Syntax: RCPT TO:<address>';
    envelope.to.push(utf8(address));
    return '250 2.1.5 Ok';
  };

  const data = (): string => {
    if (!envelope) return BAD_SEQUENCE;
    if (envelope.to.length === 0) return '554 5.5.1 No valid recipients';
    mode = { kind: 'data', envelope, lines: [], bytes: 0 };
    return '354 End data with <CR><LF>.<CR><LF>';
  };

  const message = ({ envelope: { from, to }, lines, bytes }: Data): string => {
    if (bytes > maxMessageBytes) return TOO_BIG;
    accept({ from, to, raw: Buffer.from(lines.map((text) => `${text}\r\n`).join(''), 'latin1') });
    return '250 2.0.0 Ok: taken';
  };

  const commands: Record<SmtpCommand, (argument: string) => string> = {
    EHLO: hello,
    HELO: () => {
      hello();
      return `250 ${DOMAIN}`;
    },
    AUTH: login,
    MAIL: mail,
    RCPT: recipient,
    DATA: data,
    RSET: () => {
      envelope = null;
      return OK;
    },
    NOOP: () => OK,
    QUIT: () => '221 2.0.0 Bye',
  };

  const takeCommand = (line: string): void => {
    const [, verb = '', argument = ''] = /^(\S*)\s*(.*)$/s.exec(line) ?? [];
    const names = Object.keys(commands) as SmtpCommand[];
    const command = names.find((name) => name === verb.toUpperCase());
    if (command) respond(command, argument, () => commands[command](argument));
    else send('500 5.5.2 Command unrecognized');
  };

  const takeData = (data: Data, line: string): void => {
    if (line !== '.') {
      // The sender doubles a dot at the start of a line (RFC 5321, 4.5.2).
      const text = line.startsWith('.') ? line.slice(1) : line;
      data.bytes += text.length + 2;
      if (data.bytes <= maxMessageBytes) data.lines.push(text);
      return;
    }
    mode = { kind: 'command' };
    envelope = null;
    respond('MESSAGE', data.lines.join('\r\n'), () => message(data));
  };

  return {
    greet: () => respond('CONNECT', '', () => `220 ${DOMAIN} ESMTP`),
    line: (line) => {
      if (mode.kind === 'command') takeCommand(line);
      else if (mode.kind === 'login') send(mode.step(line));
      else if (mode.kind === 'data') takeData(mode, line);
    },
  };
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
