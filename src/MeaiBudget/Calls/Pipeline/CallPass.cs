namespace MeaiBudget;

/// <summary>One pass of a call through our layers: a tool loop makes one for each iteration.</summary>
internal sealed class CallPass(CallRecord record, ISpendGate? run, long started)
{
    /// <summary>The call that all this belongs to.</summary>
    public CallRecord Record { get; } = record;

    /// <summary>The run that the caller's flow or options carry, if any.</summary>
    public ISpendGate? Run { get; } = run;

    /// <summary>When this pass through the layers began, by which the total deadline is measured.</summary>
    public long Started { get; } = started;
}
