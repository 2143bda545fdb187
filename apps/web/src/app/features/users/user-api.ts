import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { routes, type Account, type CreateUser, type UpdateUser } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';

export const usersUrl = apiUrl(routes.users);

@Injectable({ providedIn: 'root' })
export class UserApi {
  private readonly http = inject(HttpClient);

  create(user: CreateUser): Promise<Account> {
    return firstValueFrom(this.http.post<Account>(usersUrl, user));
  }

  update(id: string, change: UpdateUser): Promise<Account> {
    return firstValueFrom(this.http.patch<Account>(apiUrl(routes.users, id), change));
  }
}
