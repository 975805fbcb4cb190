using System.Reflection.Metadata;
using System.Text;

namespace MeaiBudget.Tests;

/// <summary>The source information in a portable PDB.</summary>
internal sealed class PackageSymbols : IDisposable
{
    private static readonly Guid SourceLinkKind = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");
    private static readonly Guid EmbeddedSourceKind = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    private readonly MetadataReaderProvider _provider;
    private readonly MetadataReader _reader;

    public PackageSymbols(byte[] pdb)
    {
        _provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(pdb));
        _reader = _provider.GetMetadataReader();
    }

    public IEnumerable<string> Documents => _reader.Documents.Select(handle => _reader.GetString(_reader.GetDocument(handle).Name));

    public IEnumerable<string> DocumentsWithoutSource => _reader.Documents
        .Where(handle => Information(handle, EmbeddedSourceKind) is null)
        .Select(handle => _reader.GetString(_reader.GetDocument(handle).Name));

    public string? SourceLink => Information(EntityHandle.ModuleDefinition, SourceLinkKind) is { } json ? Encoding.UTF8.GetString(json) : null;

    public void Dispose() => _provider.Dispose();

    private byte[]? Information(EntityHandle parent, Guid kind) => _reader.GetCustomDebugInformation(parent)
        .Select(handle => _reader.GetCustomDebugInformation(handle))
        .Where(information => _reader.GetGuid(information.Kind) == kind)
        .Select(information => _reader.GetBlobBytes(information.Value))
        .FirstOrDefault();
}
