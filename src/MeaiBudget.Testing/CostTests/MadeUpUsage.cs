using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>Marks usage that a test double counted in words because the test set none, so that cost tests price real token counts instead.</summary>
internal static class MadeUpUsage
{
    private const string SimulatedIdPrefix = "req_sim";

    private static readonly ConditionalWeakTable<UsageDetails, object> Marked = [];

    /// <summary>Marks a usage.</summary>
    public static UsageDetails Mark(UsageDetails usage)
    {
        Marked.AddOrUpdate(usage, Marked);
        return usage;
    }

    /// <summary>True if a simulator of this process answered with made-up usage.</summary>
    /// <param name="providerUri">The address of the client.</param>
    /// <param name="attempt">The receipt of the request.</param>
    public static bool IsOfSimulator(Uri? providerUri, AttemptReceipt attempt)
    {
        if (ProviderSimulator.At(providerUri) is not { } simulator)
        {
            return false;
        }

        // Clients without our HTTP handler do not expose the id. Then the last answer with the same usage is it.
        return attempt.RequestId is { } id && id.StartsWith(SimulatedIdPrefix, StringComparison.Ordinal) && int.TryParse(id.AsSpan(SimulatedIdPrefix.Length), out int number)
            ? simulator.Requests.LastOrDefault(request => request.Number == number)?.HasMadeUpUsage == true
            : simulator.Requests.LastOrDefault(request => request.Billed.InputTokens == attempt.Usage.InputTokens)?.HasMadeUpUsage == true;
    }

    /// <summary>True if the usage was marked.</summary>
    public static bool Is(UsageDetails? usage) => usage is not null && Marked.TryGetValue(usage, out _);
}
