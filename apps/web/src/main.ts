import { bootstrapApplication } from '@angular/platform-browser';
import * as z from 'zod';

import { App } from './app/app';
import { appConfig } from './app/app.config';

// Zod otherwise tries `new Function`, which the content security policy refuses and reports.
z.config({ jitless: true });

bootstrapApplication(App, appConfig).catch((error: unknown) => console.error(error));
