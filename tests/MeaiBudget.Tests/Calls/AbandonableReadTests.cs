using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>A stream is waited for with one object, until its attempt is cancelled.</summary>
public class AbandonableReadTests
{
    [Fact]
    public async Task EachReadGivesItsOwnResult()
    {
        var stream = new Stream();
        using var read = new AbandonableRead(stream, CancellationToken.None);
        foreach (bool more in (bool[])[true, true, false])
        {
            var next = new TaskCompletionSource<bool>();
            ValueTask<bool> waiting = read.WaitAsync(new ValueTask<bool>(next.Task));
            Assert.False(waiting.IsCompleted);
            next.SetResult(more);
            Assert.Equal(more, await waiting);
        }

        Assert.False(read.IsAbandoned);
        Assert.Equal(0, stream.Disposals);
    }

    [Fact]
    public async Task AFailureOfTheReadIsThatOfTheWait()
    {
        using var read = new AbandonableRead(new Stream(), CancellationToken.None);
        var next = new TaskCompletionSource<bool>();
        ValueTask<bool> waiting = read.WaitAsync(new ValueTask<bool>(next.Task));
        next.SetException(new IOException("cut"));
        await Assert.ThrowsAsync<IOException>(async () => await waiting);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AReadThatIgnoresTheTokenIsLeftAndItsStreamDisposedAtItsEnd(bool fails)
    {
        using var source = new CancellationTokenSource();
        var stream = new Stream();
        using var read = new AbandonableRead(stream, source.Token);
        var next = new TaskCompletionSource<bool>();
        ValueTask<bool> waiting = read.WaitAsync(new ValueTask<bool>(next.Task));
        source.Cancel();

        Assert.Equal(source.Token, (await Assert.ThrowsAsync<OperationCanceledException>(async () => await waiting)).CancellationToken);
        Assert.True(read.IsAbandoned);
        Assert.Equal(0, stream.Disposals);
        if (fails)
        {
            next.SetException(new IOException("cut"));
        }
        else
        {
            next.SetResult(true);
        }

        Assert.Equal(1, stream.Disposals);
    }

    [Fact]
    public async Task ATokenThatIsCancelledAlreadyEndsTheWait()
    {
        using var source = new CancellationTokenSource();
        using var read = new AbandonableRead(new Stream(), source.Token);
        source.Cancel();
        ValueTask<bool> waiting = read.WaitAsync(new ValueTask<bool>(new TaskCompletionSource<bool>().Task));
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await waiting);
    }

    [Fact]
    public async Task AReadThatEndsWhileItsTokenIsCancelledHasOneOutcome()
    {
        for (int count = 0; count < 300; count++)
        {
            using var source = new CancellationTokenSource();
            var stream = new Stream();
            using var read = new AbandonableRead(stream, source.Token);
            var next = new TaskCompletionSource<bool>();
            ValueTask<bool> waiting = read.WaitAsync(new ValueTask<bool>(next.Task));
            using var together = new Barrier(2);
            var cancelling = Task.Run(() =>
            {
                together.SignalAndWait();
                source.Cancel();
            });
            together.SignalAndWait();
            next.SetResult(true);
            bool isRead;
            try
            {
                isRead = await waiting;
            }
            catch (OperationCanceledException)
            {
                isRead = false;
            }

            await cancelling;
            Assert.Equal(!isRead, read.IsAbandoned);
            Assert.Equal(isRead ? 0 : 1, stream.Disposals);
        }
    }

    [Fact]
    public void AWaitAllocatesNothing()
    {
        using var source = new CancellationTokenSource();
        using var read = new AbandonableRead(new Stream(), source.Token);
        TaskCompletionSource<bool>[] reads = [.. Enumerable.Range(0, 1_000).Select(_ => new TaskCompletionSource<bool>())];
        Action nothing = static () => { };
        long before = 0;
        for (int index = 0; index < reads.Length; index++)
        {
            if (index == 10)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

#pragma warning disable CA2012, xUnit1031 // An asynchronous method would allocate, too. The result is there.
            ValueTaskAwaiter<bool> waiting = read.WaitAsync(new ValueTask<bool>(reads[index].Task)).GetAwaiter();
            waiting.UnsafeOnCompleted(nothing);
            reads[index].SetResult(true);
            Assert.True(waiting.GetResult());
#pragma warning restore CA2012, xUnit1031
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private sealed class Stream : IAsyncEnumerator<ChatResponseUpdate>
    {
        public int Disposals { get; private set; }

        public ChatResponseUpdate Current => throw new NotSupportedException();

        public ValueTask<bool> MoveNextAsync() => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }
    }
}
