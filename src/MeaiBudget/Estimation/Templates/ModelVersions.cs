using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>Writes the versions in model ids in one way: hosts write Llama 3.3 as <c>llama-3.3</c>, <c>llama-3-3</c> and <c>llama-v3p3</c>.</summary>
internal static partial class ModelVersions
{
    /// <summary>Returns the id with a point in its version. A size (<c>llama-3-8b</c>) or a date (<c>grok-4-0709</c>) stays as it is.</summary>
    public static string Dotted(string model) => Separator().Replace(model, ".");

    // A single digit on both sides. Fireworks writes a "p" for the point, others a hyphen.
    [GeneratedRegex("(?<=(?<![0-9])[0-9])(p|-)(?=[0-9](?![0-9a-z.]))", RegexOptions.CultureInvariant)]
    private static partial Regex Separator();
}
