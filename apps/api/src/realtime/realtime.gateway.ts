import {
  type ClientToServerEvents,
  type RealtimeAnswer,
  realtimeNamespace,
  type ServerToClientEvents,
  subscribeSchema,
  unsubscribeSchema,
} from '@cronium/contracts';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import type { Subscription as Listening } from 'rxjs';
import type { Namespace, Socket } from 'socket.io';

import { AlertsService } from '../alerts/alerts.service';
import { AccessTokenService } from '../auth/access-token.service';
import { type Caller, roleMay } from '../auth/policy';
import { admitSockets } from '../auth/socket-handshake';
import { type Notification, Notifications } from '../database/notifications';
import { ExecutionViews } from '../executions/execution-views';
import { ExecutionsService } from '../executions/executions.service';
import { JobLogsService } from '../executions/job-logs.service';
import { DomainError } from '../http/domain-error';
import { refusalOf } from '../http/socket-refusal';
import { administrators, HealthFeed, healthWatchers } from './health-feed';
import { Subscription } from './subscription';

interface SocketData {
  caller: Caller;
  /** When its access token ends, and the socket with it: whoever may no longer sign in must not go on listening. */
  readonly expiresAt: Date;
  expiry: NodeJS.Timeout | undefined;
  subscriptions: Map<string, Subscription>;
}
type ViewerSocket = Socket<ClientToServerEvents, ServerToClientEvents, Record<string, never>, SocketData>;

/** One browser tab looks at a handful of executions; more is a defect of the client, or abuse. */
const subscriptionsASocket = 50;
const roomOf = (userId: string) => `user:${userId}`;

/** Live states and logs. A socket is authorised at its handshake, and each subscription by the execution it names. */
@WebSocketGateway({ namespace: realtimeNamespace, cors: false })
export class RealtimeGateway
  implements
    OnGatewayInit<Namespace>,
    OnGatewayConnection<ViewerSocket>,
    OnGatewayDisconnect<ViewerSocket>,
    OnApplicationShutdown
{
  private readonly logger = new Logger(RealtimeGateway.name);
  private listening: Listening | undefined;

  @WebSocketServer()
  private readonly sockets: Namespace<
    ClientToServerEvents,
    ServerToClientEvents,
    Record<string, never>,
    SocketData
  >;

  constructor(
    private readonly tokens: AccessTokenService,
    private readonly executions: ExecutionsService,
    private readonly views: ExecutionViews,
    private readonly logs: JobLogsService,
    private readonly notifications: Notifications,
    private readonly health: HealthFeed,
    private readonly alerts: AlertsService,
  ) {}

  afterInit(namespace: Namespace): void {
    admitSockets(namespace, this.tokens, 'execution.read', (socket, { caller, expiresAt }) => {
      const data: SocketData = { caller, expiresAt, expiry: undefined, subscriptions: new Map() };
      socket.data = data;
    });
    this.health.open(namespace);
    this.listening = this.notifications.messages.subscribe((message) => this.hear(message));
  }

  onApplicationShutdown(): void {
    this.listening?.unsubscribe();
  }

  async handleConnection(socket: ViewerSocket): Promise<void> {
    const { caller, expiresAt } = socket.data;
    socket.data.expiry = setTimeout(() => socket.disconnect(true), expiresAt.getTime() - Date.now());
    await socket.join(caller.role === 'ADMIN' ? administrators : roomOf(caller.id));
  }

  handleDisconnect(socket: ViewerSocket): void {
    clearTimeout(socket.data.expiry);
    socket.data.subscriptions.forEach((subscription) => subscription.stop());
  }

  @SubscribeMessage('subscribe')
  subscribe(@ConnectedSocket() socket: ViewerSocket, @MessageBody() body: unknown): Promise<RealtimeAnswer> {
    return this.answer(async () => {
      const request = subscribeSchema.parse(body);
      if ('health' in request) return this.watchHealth(socket);
      const { caller, subscriptions } = socket.data;
      await this.executions.assertMayAccess(caller, request.execution);
      if (subscriptions.size >= subscriptionsASocket && !subscriptions.has(request.execution)) {
        throw new DomainError(
          'too_many',
          'too_many_subscriptions',
          `A socket may watch ${subscriptionsASocket} executions.`,
        );
      }
      subscriptions.get(request.execution)?.stop();
      const subscription = new Subscription(
        request.execution,
        request.after,
        socket,
        {
          execution: (id) => this.views.full(id),
          logEntries: (jobId, seq, limit) => this.logs.entriesAfter(jobId, seq, limit),
        },
        (error) =>
          this.logger.debug({ err: error, execution: request.execution }, 'A viewer of a log is gone.'),
      );
      subscriptions.set(request.execution, subscription);
      await subscription.start();
    });
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(
    @ConnectedSocket() socket: ViewerSocket,
    @MessageBody() body: unknown,
  ): Promise<RealtimeAnswer> {
    return this.answer(async () => {
      const request = unsubscribeSchema.parse(body);
      if ('health' in request) {
        await socket.leave(healthWatchers);
        return;
      }
      socket.data.subscriptions.get(request.execution)?.stop();
      socket.data.subscriptions.delete(request.execution);
    });
  }

  private async watchHealth(socket: ViewerSocket): Promise<void> {
    if (!roleMay(socket.data.caller.role, 'monitoring.read'))
      throw new DomainError('forbidden', 'forbidden', 'Only administrators may watch servers and jobs.');
    await socket.join(healthWatchers);
    await this.health.tell(socket);
  }

  private hear(message: Notification): void {
    for (const socket of this.sockets.sockets.values()) {
      for (const subscription of socket.data.subscriptions.values()) {
        subscription
          .hear(message)
          .catch((error: unknown) => this.logger.warn({ err: error }, 'A viewer was not told of a change.'));
      }
    }
    if (message.kind === 'alert.changed') {
      this.tellOfAlert(message.alertId).catch((error: unknown) =>
        this.logger.warn({ err: error }, 'Nobody was told of an alert.'),
      );
    }
    if (
      message.kind === 'execution.created' ||
      message.kind === 'job.started' ||
      message.kind === 'job.waiting' ||
      message.kind === 'execution.finished'
    ) {
      this.list(message.executionId).catch((error: unknown) =>
        this.logger.warn({ err: error }, 'A list was not told of a change.'),
      );
    }
  }

  private async tellOfAlert(id: string): Promise<void> {
    if (this.sockets.sockets.size === 0) return;
    const view = await this.alerts.view(id);
    if (view)
      this.sockets.to([administrators, ...view.userIds.map(roomOf)]).emit('alert.changed', view.alert);
  }

  private async list(executionId: string): Promise<void> {
    if (this.sockets.sockets.size === 0) return;
    const view = await this.views.summary(executionId);
    if (view) this.sockets.to([administrators, roomOf(view.ownerId)]).emit('execution.listed', view.summary);
  }

  private async answer(act: () => Promise<void>): Promise<RealtimeAnswer> {
    try {
      await act();
      return { ok: true };
    } catch (error) {
      return refusalOf(error, this.logger);
    }
  }
}
