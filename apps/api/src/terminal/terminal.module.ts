import { Module } from '@nestjs/common';

import { ServersModule } from '../servers/servers.module';
import { TerminalAccessReader } from './terminal-access';
import { TerminalAudit } from './terminal-audit';
import { TerminalLimits } from './terminal-limits';
import { TerminalWatch } from './terminal-watch';
import { TerminalGateway } from './terminal.gateway';
import { TerminalsService } from './terminals.service';

@Module({
  imports: [ServersModule],
  providers: [
    TerminalGateway,
    TerminalsService,
    TerminalWatch,
    TerminalAccessReader,
    TerminalAudit,
    TerminalLimits,
  ],
})
export class TerminalModule {}
