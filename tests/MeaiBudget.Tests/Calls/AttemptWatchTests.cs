using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

public class AttemptWatchTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void EndsWhatIsOutOfTimeOnceAndNothingElse()
    {
        Noted early = Watched(TimeSpan.FromSeconds(10));
        Noted late = Watched(TimeSpan.FromSeconds(20));

        _clock.Advance(TimeSpan.FromSeconds(9.999));
        Assert.Equal(0, early.Ended);

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((1, 0), (early.Ended, late.Ended));

        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((1, 1), (early.Ended, late.Ended));
    }

    [Fact]
    public void EndsInTimeWhatWasAddedLastAndEndsFirst()
    {
        Noted late = Watched(TimeSpan.FromMinutes(15));
        Noted early = Watched(TimeSpan.FromMilliseconds(5));

        _clock.Advance(TimeSpan.FromMilliseconds(5));

        Assert.Equal((0, 1), (late.Ended, early.Ended));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void ATimeOutThatIsSetAnewCountsFromThen(int seconds)
    {
        Noted watched = Watched(TimeSpan.FromSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(9));

        Watch.Expect(watched, TimeSpan.FromSeconds(seconds));
        _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, watched.Ended);

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, watched.Ended);
    }

    [Fact]
    public void WhatWasRemovedIsToldNothing()
    {
        Noted first = Watched(TimeSpan.FromSeconds(10));
        Noted middle = Watched(TimeSpan.FromSeconds(10));
        Noted last = Watched(TimeSpan.FromSeconds(10));

        Watch.Remove(middle);
        Watch.Remove(middle);
        Watch.Expect(middle, TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal((1, 0, 1), (first.Ended, middle.Ended, last.Ended));
        Assert.Equal(0, middle.Renewed);
    }

    [Fact]
    public void RenewsEveryHalfMinuteWhatIsStillThere()
    {
        Noted stays = Watched(TimeSpan.FromMinutes(15));
        Noted leaves = Watched(TimeSpan.FromMinutes(15));

        _clock.Advance(TimeSpan.FromSeconds(30));
        Watch.Remove(leaves);
        _clock.Advance(TimeSpan.FromSeconds(30));
        _clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal((3, 1), (stays.Renewed, leaves.Renewed));
    }

    [Fact]
    public void BeginsAgainAfterAllWasQuiet()
    {
        Watch.Remove(Watched(TimeSpan.FromSeconds(1)));
        _clock.Advance(TimeSpan.FromHours(1));

        Noted watched = Watched(TimeSpan.FromMinutes(2));
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(0, watched.Renewed);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, watched.Renewed);
    }

    [Fact]
    public void ATimeOutWithoutEndIsRenewedAndNeverEnds()
    {
        Noted watched = Watched(TimeSpan.MaxValue);

        _clock.Advance(TimeSpan.FromDays(2));

        Assert.Equal(0, watched.Ended);
        Assert.True(watched.Renewed > 0);
    }

    [Fact]
    public void WhatEndsMayBeRemovedBesideIt()
    {
        Noted[] watched = [.. Enumerable.Range(0, 2_000).Select(index => new Noted())];
        Parallel.ForEach(watched, one =>
        {
            Watch.Add(one, TimeSpan.FromSeconds(1), _clock.GetTimestamp());
            Watch.Expect(one, TimeSpan.FromSeconds(2));
        });
        Parallel.Invoke(
            () => _clock.Advance(TimeSpan.FromSeconds(2)),
            () => Parallel.ForEach(watched.Where((_, index) => index % 2 == 0), Watch.Remove));

        Assert.All(watched.Where((_, index) => index % 2 == 1), one => Assert.Equal(1, one.Ended));
        Assert.All(watched, one => Assert.InRange(one.Ended, 0, 1));
    }

    [Fact]
    public async Task ARealClockEndsAnAttemptToo()
    {
        var watched = new Noted();
        AttemptWatch.For(TimeProvider.System).Add(watched, TimeSpan.FromMilliseconds(20), TimeProvider.System.GetTimestamp());

        await watched.WhenEnded.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    private AttemptWatch Watch => AttemptWatch.For(_clock);

    private Noted Watched(TimeSpan timeout)
    {
        var watched = new Noted();
        Watch.Add(watched, timeout, _clock.GetTimestamp());
        return watched;
    }

    private sealed class Noted : AttemptWatch.Watched
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _endings;
        private int _renewals;

        public int Ended => _endings;

        public int Renewed => _renewals;

        public Task WhenEnded => _ended.Task;

        internal override void OutOfTime()
        {
            Interlocked.Increment(ref _endings);
            _ended.TrySetResult();
        }

        internal override void Renew() => Interlocked.Increment(ref _renewals);
    }
}
