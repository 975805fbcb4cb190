using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Reads what a caller demanded of the candidates of a call.</summary>
internal static class CallRequirements
{
    public static bool IsPinned(ChatOptions? options) => false;

    public static IReadOnlyList<string> TagsOf(ChatOptions? options) => [];
}
