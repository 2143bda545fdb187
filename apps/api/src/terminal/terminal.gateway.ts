import {
  type OpenedTerminal,
  openTerminalSchema,
  type RealtimeAnswer,
  renewTerminalSchema,
  stayAtTerminalSchema,
  terminalInputSchema,
  terminalNamespace,
  type TerminalRefusal,
  terminalSizeSchema,
} from '@cronium/contracts';
import { Logger } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Namespace } from 'socket.io';

import { AccessTokenService, type Authenticated } from '../auth/access-token.service';
import { admitSockets } from '../auth/socket-handshake';
import { DomainError } from '../http/domain-error';
import { refusalOf } from '../http/socket-refusal';
import { noTerminal, type Terminal } from './terminal';
import { TerminalLimits } from './terminal-limits';
import type { TerminalSocket, TerminalSocketData } from './terminal-socket';
import { TerminalsService } from './terminals.service';

/** A person's terminals, one a socket. A socket is authorised at its handshake, and `open` by the server it names. */
@WebSocketGateway({ namespace: terminalNamespace, cors: false })
export class TerminalGateway
  implements
    OnGatewayInit<Namespace>,
    OnGatewayConnection<TerminalSocket>,
    OnGatewayDisconnect<TerminalSocket>
{
  private readonly logger = new Logger(TerminalGateway.name);

  constructor(
    private readonly tokens: AccessTokenService,
    private readonly terminals: TerminalsService,
    private readonly limits: TerminalLimits,
  ) {}

  afterInit(namespace: Namespace): void {
    admitSockets(namespace, this.tokens, 'server.read', (socket, authenticated) => {
      const { caller, expiresAt } = authenticated;
      const sessionId = sessionOf(authenticated);
      const expiry = undefined;
      const data: TerminalSocketData = { caller, sessionId, expiresAt, expiry, terminal: undefined };
      socket.data = data;
    });
  }

  handleConnection(socket: TerminalSocket): void {
    this.expire(socket);
  }

  handleDisconnect(socket: TerminalSocket): void {
    clearTimeout(socket.data.expiry);
    socket.data.terminal?.end('left', 'The person’s socket ended.');
  }

  @SubscribeMessage('open')
  async open(
    @ConnectedSocket() socket: TerminalSocket,
    @MessageBody() body: unknown,
  ): Promise<OpenedTerminal | TerminalRefusal> {
    try {
      await this.terminals.open(socket, openTerminalSchema.parse(body));
      return { ok: true, idleSeconds: Math.ceil(this.limits.idleMilliseconds / 1000) };
    } catch (error) {
      return refusalOf(error, this.logger);
    }
  }

  @SubscribeMessage('input')
  input(@ConnectedSocket() socket: TerminalSocket, @MessageBody() body: unknown): Promise<RealtimeAnswer> {
    return this.answer(() => terminalOf(socket).write(terminalInputSchema.parse(body).data));
  }

  @SubscribeMessage('resize')
  resize(@ConnectedSocket() socket: TerminalSocket, @MessageBody() body: unknown): Promise<RealtimeAnswer> {
    return this.answer(() => terminalOf(socket).resize(terminalSizeSchema.parse(body)));
  }

  @SubscribeMessage('stay')
  stay(@ConnectedSocket() socket: TerminalSocket, @MessageBody() body: unknown): Promise<RealtimeAnswer> {
    return this.answer(() => {
      stayAtTerminalSchema.parse(body);
      terminalOf(socket).stay();
    });
  }

  @SubscribeMessage('renew')
  renew(@ConnectedSocket() socket: TerminalSocket, @MessageBody() body: unknown): Promise<RealtimeAnswer> {
    return this.answer(async () => {
      const authenticated = await this.tokens.authenticate(renewTerminalSchema.parse(body).token);
      if (authenticated?.caller.id !== socket.data.caller.id) {
        throw new DomainError('unauthenticated', 'token_invalid', 'This is no valid token of the same user.');
      }
      socket.data.sessionId = sessionOf(authenticated);
      socket.data.expiresAt = authenticated.expiresAt;
      this.expire(socket);
    });
  }

  private expire(socket: TerminalSocket): void {
    const { data } = socket;
    clearTimeout(data.expiry);
    data.expiry = setTimeout(() => {
      data.terminal?.end('token_expired', 'Your sign-in was not renewed in time.');
      socket.disconnect(true);
    }, data.expiresAt.getTime() - Date.now());
  }

  private async answer(act: () => void | Promise<void>): Promise<RealtimeAnswer> {
    try {
      await act();
      return { ok: true };
    } catch (error) {
      return refusalOf(error, this.logger);
    }
  }
}

/** A terminal ends with the sign-in: a token that came from none opens none. */
function sessionOf({ sessionId }: Authenticated): string {
  if (sessionId !== null) return sessionId;
  throw new DomainError('unauthenticated', 'session_required', 'A terminal needs a token of a sign-in.');
}

function terminalOf({ data: { terminal } }: TerminalSocket): Terminal {
  if (!terminal) throw noTerminal();
  return terminal;
}
