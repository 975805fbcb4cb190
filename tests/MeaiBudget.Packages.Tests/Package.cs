using System.IO.Compression;
using System.Xml.Linq;

namespace MeaiBudget.Tests;

/// <summary>The content of a package and its symbols.</summary>
internal sealed class Package : IDisposable
{
    private readonly ZipArchive _files;
    private readonly ZipArchive? _symbols;

    private Package(string path)
    {
        _files = ZipFile.OpenRead(path);
        string symbols = Path.ChangeExtension(path, ".snupkg");
        _symbols = File.Exists(symbols) ? ZipFile.OpenRead(symbols) : null;
        var nuspec = XDocument.Parse(ReadText(Files.Single(file => file.EndsWith(".nuspec", StringComparison.Ordinal))));
        Metadata = nuspec.Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    /// <summary>The nuspec's metadata.</summary>
    public XElement Metadata { get; }

    public string Version => Text("version")!;

    public IEnumerable<string> Files => _files.Entries.Select(entry => entry.FullName);

    public IEnumerable<string> SymbolFiles => _symbols?.Entries.Select(entry => entry.FullName) ?? [];

    /// <summary>Each package that this one depends on, with the range of versions.</summary>
    public IReadOnlyDictionary<string, string> Dependencies => Metadata.Descendants()
        .Where(element => element.Name.LocalName == "dependency")
        .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);

    public static Package Open(string folder, string id) =>
        new(Directory.EnumerateFiles(folder, "*.nupkg").Single(path => IsOf(Path.GetFileName(path), id)));

    public string? Text(string element) => Metadata.Elements().SingleOrDefault(child => child.Name.LocalName == element)?.Value;

    public XElement? Element(string name) => Metadata.Elements().SingleOrDefault(child => child.Name.LocalName == name);

    public string ReadText(string file)
    {
        using var reader = new StreamReader(_files.GetEntry(file)!.Open());
        return reader.ReadToEnd();
    }

    public byte[] Read(string file) => ReadAll(_files.GetEntry(file)!);

    public byte[] ReadSymbols(string file) => ReadAll(_symbols!.GetEntry(file)!);

    public void Dispose()
    {
        _files.Dispose();
        _symbols?.Dispose();
    }

    /// <summary>The version begins with a digit, the next part of a longer id does not.</summary>
    private static bool IsOf(string fileName, string id) =>
        fileName.StartsWith(id + ".", StringComparison.Ordinal) && char.IsAsciiDigit(fileName[id.Length + 1]);

    private static byte[] ReadAll(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
