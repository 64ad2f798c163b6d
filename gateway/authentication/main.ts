import { defineHttpRole } from '../define-http-role.ts'
import { httpSettings } from '../http-settings.ts'
import { authenticationSettings, mountAuthentication } from './mount-authentication.ts'

/** The authentication service alone in a process. */
export const role = defineHttpRole({
  name: 'authentication',
  settings: { ...httpSettings, ...authenticationSettings },
  mount: mountAuthentication,
})
