using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>Moves a fake clock on until a call has ended, however many waits it makes.</summary>
internal static class FakeClock
{
    public static async Task<T> RunAsync<T>(this FakeTimeProvider clock, Task<T> call, TimeSpan? step = null)
    {
        // A bound, so that a call that never ends fails the test instead of hanging it.
        for (int i = 0; i < 100_000 && !call.IsCompleted; i++)
        {
            clock.Advance(step ?? TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.True(call.IsCompleted, "the call did not end");
        return await call;
    }
}
