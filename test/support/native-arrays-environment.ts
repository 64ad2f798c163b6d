import { TestEnvironment } from 'jest-environment-node'

/**
 * Node's environment with the process's own `Float32Array`: onnxruntime makes its outputs of that one, and refuses the
 * sandbox's as inputs.
 */
export default class NativeArraysEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup()
    this.global.Float32Array = Float32Array
  }
}
