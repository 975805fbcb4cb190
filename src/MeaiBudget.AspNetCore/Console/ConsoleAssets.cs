using System.Security.Cryptography;

namespace MeaiBudget;

/// <summary>The style sheet and the module of the console, from this assembly.</summary>
internal static class ConsoleAssets
{
    private static readonly Dictionary<string, (byte[] Content, string Type)> Files = new(StringComparer.Ordinal)
    {
        ["console.css"] = (Read("console.css"), "text/css; charset=utf-8"),
        ["console.js"] = (Read("console.js"), "text/javascript; charset=utf-8"),
    };

    /// <summary>Gets a text that changes with the content, so that browsers may keep the files for long.</summary>
    public static string Version { get; } = Convert.ToHexStringLower(SHA256.HashData([.. Files["console.css"].Content, .. Files["console.js"].Content]).AsSpan(0, 6));

    public static (byte[] Content, string Type)? Find(string name) => Files.TryGetValue(name, out (byte[] Content, string Type) file) ? file : null;

    private static byte[] Read(string name)
    {
        using Stream stream = typeof(ConsoleAssets).Assembly.GetManifestResourceStream("MeaiBudget.Console." + name)
            ?? throw new InvalidOperationException($"The file '{name}' of the console is missing from the assembly MeaiBudget.AspNetCore. Reinstall the package.");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
