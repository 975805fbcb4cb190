using MeaiBudget.Tool;
using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public sealed class ToolProgressTests
{
    [Fact]
    public void R6_NothingIsShownOfWorkThatTakesLessThanASecond()
    {
        var clock = new FakeTimeProvider();
        using var error = new StringWriter();

        using (var progress = new ToolProgress(error, "Replaying", "attempts", clock))
        {
            progress.Report(5);
            clock.Advance(TimeSpan.FromMilliseconds(900));
        }

        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public void R6_LongWorkIsCountedInOneLineThatIsClearedAtTheEnd()
    {
        var clock = new FakeTimeProvider();
        using var error = new StringWriter();

        using (var progress = new ToolProgress(error, "Replaying", "attempts", clock))
        {
            progress.Report(12_345);
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("\rReplaying: 12,345 attempts, 1 s\u001b[K", error.ToString());
            clock.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.EndsWith("\rReplaying: 12,345 attempts, 3 s\u001b[K\r\u001b[K", error.ToString(), StringComparison.Ordinal);
    }
}
