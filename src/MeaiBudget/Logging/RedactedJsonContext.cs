using System.Text.Json.Serialization;

namespace MeaiBudget;

/// <summary>Writes strings as JSON without reflection.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class RedactedJsonContext : JsonSerializerContext;
