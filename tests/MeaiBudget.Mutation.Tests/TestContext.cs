namespace MeaiBudget.Tests;

/// <summary>What tests of xunit 3 know of their run: here nothing cancels them.</summary>
internal sealed class TestContext
{
    public static TestContext Current { get; } = new();

    public CancellationToken CancellationToken { get; }
}
