using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Moves a fake clock on until a call has ended, however many waits it makes.</summary>
/// <remarks>
/// A time-out cancels on another thread, so that the clock may be well past it when the call goes on. A test that compares times
/// moves the clock itself, and waits with <see cref="UntilAsync"/> for what it sets off.
/// </remarks>
internal static class FakeClock
{
    /// <summary>Only bounds how long a broken test hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<T> RunAsync<T>(this FakeTimeProvider clock, Task<T> call, TimeSpan? step = null)
    {
        for (int i = 0; i < 100_000 && !call.IsCompleted; i++)
        {
            clock.Advance(step ?? TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        return await call.WaitAsync(Patience);
    }

    /// <summary>Waits for work of another thread, without moving the clock.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        for (long began = TimeProvider.System.GetTimestamp(); !isSo();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "what was waited for did not happen");
            await Task.Yield();
        }
    }
}
