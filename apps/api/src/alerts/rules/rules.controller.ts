import {
  type AlertRule,
  type AlertRuleList,
  alertRuleListSchema,
  alertRuleSchema,
  type IdParams,
  idParamsSchema,
  routes,
  type UpdateAlertRule,
  updateAlertRuleSchema,
} from '@cronium/contracts';
import { Body, Controller, Get, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../../auth/access.decorators';
import type { Caller } from '../../auth/policy';
import { Answers } from '../../http/openapi.decorators';
import { RulesService } from './rules.service';

@ApiTags('alerts')
@Permits('alert.manage')
@Controller(routes.alertRules)
export class AlertRulesController {
  constructor(private readonly rules: RulesService) {}

  @Get()
  @Answers(
    'The rules, one for each kind of alert. Administrators only.',
    200,
    alertRuleListSchema,
    [401, 403],
  )
  list(): Promise<AlertRuleList> {
    return this.rules.list();
  }

  @Get(':id')
  @Answers('One rule.', 200, alertRuleSchema, [400, 401, 403, 404])
  get(@Param({ schema: idParamsSchema }) { id }: IdParams): Promise<AlertRule> {
    return this.rules.get(id);
  }

  @Patch(':id')
  @Answers(
    'Change a rule. Alerts of one that is switched off are resolved.',
    200,
    alertRuleSchema,
    [400, 401, 403, 404, 413],
  )
  update(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: updateAlertRuleSchema }) change: UpdateAlertRule,
  ): Promise<AlertRule> {
    return this.rules.update(caller, id, change);
  }
}
