import {
  type ChangedSettings,
  changedSettingsSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  routes,
  type SettingChange,
  settingChangePageSchema,
  type Settings,
  settingsSchema,
  type UpdateSettings,
  updateSettingsSchema,
} from '@cronium/contracts';
import { Body, Controller, Get, Headers, Patch, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { etagOf, versionOf } from '../http/etag';
import { Answers } from '../http/openapi.decorators';
import { SettingsAdministrationService } from './settings-administration.service';

@ApiTags('settings')
@Permits('settings.manage')
@Controller(routes.settings)
export class SettingsController {
  constructor(private readonly settings: SettingsAdministrationService) {}

  @Get()
  @Answers('The settings, their version as ETag. Administrators only.', 200, settingsSchema, [401, 403])
  async read(@Res({ passthrough: true }) response: Response): Promise<Settings> {
    const settings = await this.settings.read();
    response.setHeader('ETag', etagOf(settings.version));
    return settings;
  }

  @Patch()
  @ApiHeader({ name: 'If-Match', required: false, description: 'The ETag that the change was made from.' })
  @Answers(
    'Change settings. The answer names events that cannot run on Local Execution any more.',
    200,
    changedSettingsSchema,
    [400, 401, 403, 412, 413],
  )
  async update(
    @CurrentUser() caller: Caller,
    @Body({ schema: updateSettingsSchema }) change: UpdateSettings,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ChangedSettings> {
    const settings = await this.settings.update(caller, change, versionOf(ifMatch));
    response.setHeader('ETag', etagOf(settings.version));
    return settings;
  }

  @Get('history')
  @Answers(
    'Changes of settings, newest first. Administrators only.',
    200,
    settingChangePageSchema,
    [400, 401, 403],
  )
  history(@Query({ schema: pageQuerySchema }) query: PageQuery): Promise<Page<SettingChange>> {
    return this.settings.history(query);
  }
}
