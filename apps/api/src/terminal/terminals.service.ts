import type { OpenTerminal } from '@cronium/contracts';
import {
  ExecutionError,
  openShell,
  type SshServer,
  type SshShell,
  type TerminalSize,
} from '@cronium/execution';
import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';

import { roleMay } from '../auth/policy';
import { Config } from '../config/config';
import { ExecutorServers } from '../executor/executor-servers';
import { clientAddress } from '../http/client-address';
import { DomainError, notFound } from '../http/domain-error';
import { ServersService } from '../servers/servers.service';
import { Terminal } from './terminal';
import { type TerminalAccess, TerminalAccessReader } from './terminal-access';
import { TerminalAudit, type TerminalSubject } from './terminal-audit';
import { TerminalLimits } from './terminal-limits';
import { TerminalPlaces } from './terminal-places';
import type { TerminalSocket } from './terminal-socket';
import { TerminalWatch } from './terminal-watch';

/** Opens terminals for those who may manage the server. */
@Injectable()
export class TerminalsService {
  private readonly places: TerminalPlaces;

  constructor(
    private readonly access: TerminalAccessReader,
    private readonly servers: ServersService,
    private readonly executorServers: ExecutorServers,
    private readonly audit: TerminalAudit,
    private readonly watch: TerminalWatch,
    private readonly limits: TerminalLimits,
    private readonly config: Config,
  ) {
    this.places = new TerminalPlaces(limits);
  }

  /** Resolves when the shell is there and shows on the socket. */
  async open(socket: TerminalSocket, { serverId, ...size }: OpenTerminal): Promise<void> {
    const leave = this.places.take(socket);
    try {
      const { name, way } = await this.admit(socket, serverId);
      const server = await this.sshServer(serverId, name);
      const shell = await signIn(server, name, size);
      const terminal = await this.begin(socket, { id: serverId, name }, server, shell, leave);
      await this.watch.watch({ terminal, socket, serverId, way });
      if (!socket.connected) terminal.end('left', 'The person’s socket ended.');
      if (terminal.hasEnded) throw new DomainError('conflict', 'terminal_ended', 'The terminal has ended.');
      terminal.start();
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Asks whether the person may, as they are now and not as they were at the handshake. */
  private async admit(socket: TerminalSocket, serverId: string): Promise<{ name: string; way: string }> {
    const { caller, sessionId } = socket.data;
    const [access] = await this.access.read([{ userId: caller.id, sessionId, serverId }]);
    try {
      return await this.requireAccess(socket, serverId, access);
    } catch (error) {
      if (error instanceof DomainError && error.code !== 'not_an_ssh_server') {
        const subject = { actor: caller, server: { id: serverId, name: access?.server?.name ?? '' } };
        await this.audit.refused(subject, this.addressOf(socket), error);
      }
      throw error;
    }
  }

  private async requireAccess(
    socket: TerminalSocket,
    serverId: string,
    access: TerminalAccess | undefined,
  ): Promise<{ name: string; way: string }> {
    if (!access?.isSignedIn || access.role === null) {
      throw new DomainError('unauthenticated', 'session_ended', 'The session has ended. Sign in again.');
    }
    if (!roleMay(access.role, 'server.update')) {
      throw new DomainError('forbidden', 'forbidden', `Your role ${access.role} may not do this.`);
    }
    const caller = { ...socket.data.caller, role: access.role };
    const { server } = await this.servers.manageable(caller, serverId);
    if (server.type !== 'ssh') {
      throw new DomainError('invalid', 'not_an_ssh_server', `“${server.name}” is not an ssh server.`);
    }
    if (!access.server) throw notFound('server', serverId);
    return access.server;
  }

  private async sshServer(id: string, name: string): Promise<SshServer> {
    const server = await this.executorServers.sshServer(id).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DomainError('unavailable', 'server_unavailable', `“${name}” cannot be reached. ${reason}`);
    });
    if (!server) throw notFound('server', id);
    return server;
  }

  private addressOf({ handshake }: TerminalSocket): string {
    return clientAddress(handshake.address, handshake.headers['x-forwarded-for'], this.config.trustedProxies);
  }

  /** There is no terminal without its entry in the audit log. */
  private async begin(
    socket: TerminalSocket,
    target: TerminalSubject['server'],
    { sshConfig: { host, port, username } }: SshServer,
    shell: SshShell,
    leave: () => void,
  ): Promise<Terminal> {
    const terminalId = uuid();
    const subject = { actor: socket.data.caller, server: target };
    const address = this.addressOf(socket);
    try {
      await this.audit.opened(subject, terminalId, { address, host, port, username });
    } catch (error) {
      shell.close();
      throw error;
    }
    const terminal: Terminal = new Terminal(shell, socket, this.limits, (end) => {
      leave();
      this.watch.forget(terminal);
      this.audit.ended(subject, terminalId, end);
    });
    socket.data.terminal = terminal;
    return terminal;
  }
}

/** Its codes are those of a job's connection. */
async function signIn(server: SshServer, name: string, size: TerminalSize): Promise<SshShell> {
  try {
    const shell = await openShell(server, size);
    shell.pause();
    return shell;
  } catch (cause) {
    if (cause instanceof ExecutionError) throw new DomainError('unavailable', cause.code, cause.message);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DomainError('unavailable', 'shell_unusable', `“${name}” opened no shell. ${reason}`);
  }
}
