namespace MeaiBudget.Tests;

/// <summary>Lets every request pass, so that a test sees on the wire what a client sends without a budget.</summary>
internal sealed class FreeSends : IWireCover
{
    /// <summary>Begins an attempt of the current test.</summary>
    public static WireAttempt Begin() => WireAttempt.Current = new WireAttempt(new FreeSends());

    public ValueTask CoverAsync(WireExchange exchange, CancellationToken cancellationToken) => default;
}
