using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>Marks usage that a test double counted in words because the test set none, so that cost tests price real token counts instead.</summary>
internal static class MadeUpUsage
{
    private static readonly ConditionalWeakTable<UsageDetails, object> Marked = [];

    /// <summary>Marks a usage.</summary>
    public static UsageDetails Mark(UsageDetails usage)
    {
        Marked.AddOrUpdate(usage, Marked);
        return usage;
    }

    /// <summary>True if the usage was marked.</summary>
    public static bool Is(UsageDetails? usage) => usage is not null && Marked.TryGetValue(usage, out _);
}
