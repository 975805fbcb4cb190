using System.Collections.Concurrent;

namespace MeaiBudget.Tests;

/// <summary>A call of a test run, with what its provider received and billed.</summary>
internal sealed class SentCall(int number, RandomCall call, BillingLedger ledger) : IDisposable
{
    private int _requests;

    public int Number { get; } = number;

    public RandomCall Call { get; } = call;

    public BillingLedger Ledger { get; } = ledger;

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>The uses of the provider's client: attempts, and probes that send nothing.</summary>
    public ConcurrentQueue<SentAttempt> Attempts { get; } = [];

    /// <summary>Sends that a handler made in the background.</summary>
    public ConcurrentQueue<Task> Stragglers { get; } = [];

    /// <summary>True once the caller left the stream: what is read after that tells nobody anything.</summary>
    public bool HasLeft { get; set; }

    public CallReceipt? Receipt { get; set; }

    public Exception? Failure { get; set; }

    public ProviderFault NextFault()
    {
        int index = Interlocked.Increment(ref _requests) - 1;
        return index < Call.Faults.Length ? Call.Faults[index] : ProviderFault.None;
    }

    public void Dispose() => Cancellation.Dispose();

    public override string ToString() =>
        $"{Call}\n  attempts: {string.Join("; ", Attempts.Select(attempt => string.Join(" + ", attempt.Requests)))}\n  {Failure?.GetType().Name}: {Failure?.Message}\n{Receipt?.Explain()}";
}

/// <summary>One use of the provider's client. It is ambient while the client runs, so that the provider knows which use a request belongs to.</summary>
internal sealed class SentAttempt(SentCall call)
{
    private static readonly AsyncLocal<SentAttempt?> Ambient = new();

    public static SentAttempt? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    public SentCall Call { get; } = call;

    public ConcurrentQueue<BilledRequest> Requests { get; } = [];
}

/// <summary>One request as the provider received it.</summary>
internal sealed class BilledRequest
{
    public required string What { get; init; }

    public ProviderFault Fault { get; init; }

    /// <summary>The most that the provider may bill, in nano-dollars.</summary>
    public required long WorstCase { get; init; }

    /// <summary>What the provider bills, in nano-dollars.</summary>
    public long Billed { get; set; }

    /// <summary>True once the provider decided what it bills.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>True if the client was told what is billed: it received the whole usage, or a refusal that is never billed.</summary>
    public bool IsConfirmed { get; set; }

    public override string ToString() => $"{What} {Fault}: billed {Billed} of {WorstCase}{(IsConfirmed ? "" : ", unconfirmed")}";
}
