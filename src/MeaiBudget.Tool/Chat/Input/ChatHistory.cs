using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>
/// The questions of earlier chats, in a file of the user that only the user can read. Secrets are redacted before a question is stored.
/// A file that cannot be read or written is ignored: the chat goes on without it. Not thread-safe.
/// </summary>
internal sealed class ChatHistory
{
    private const int Most = 500;

    private readonly string? _file;
    private readonly List<string> _entries = [];
    private int _position;
    private string _unfinished = "";

    /// <param name="file">The file; null to keep nothing beyond this chat.</param>
    public ChatHistory(string? file)
    {
        _file = file;
        _entries.AddRange(Read(file).TakeLast(Most));
        _position = _entries.Count;
    }

    /// <summary>Returns the file in the user's folder for state: that of XDG_STATE_HOME, or ~/.local/state; on Windows and macOS that of the system.</summary>
    public static string? FileOf(IReadOnlyDictionary<string, string> environment)
    {
        string? folder = environment.GetValueOrDefault("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(folder) || !Path.IsPathRooted(folder))
        {
            string system = Environment.GetFolderPath(OperatingSystem.IsLinux() ? Environment.SpecialFolder.UserProfile : Environment.SpecialFolder.LocalApplicationData);
            folder = system.Length == 0 ? null : OperatingSystem.IsLinux() ? Path.Combine(system, ".local", "state") : system;
        }

        return folder is null ? null : Path.Combine(folder, "meaibudget", "chat-history.jsonl");
    }

    /// <summary>Adds a question, and stores it. Repeating the last one adds nothing.</summary>
    public void Add(string text)
    {
        string stored = SecretRedactor.Default.Redact(text);
        if (_entries.Count == 0 || _entries[^1] != stored)
        {
            _entries.Add(stored);
            Write();
        }

        Reset();
    }

    /// <summary>Goes back to the end, where the text that is being written is.</summary>
    public void Reset()
    {
        _position = _entries.Count;
        _unfinished = "";
    }

    /// <summary>Returns the question before, or after, the current one; null if there is none.</summary>
    /// <param name="current">The text that is shown, kept if it is not of the history.</param>
    /// <param name="step">-1 or 1.</param>
    public string? Move(string current, int step)
    {
        if (_position + step < 0 || _position + step > _entries.Count)
        {
            return null;
        }

        if (_position == _entries.Count)
        {
            _unfinished = current;
        }

        _position += step;
        return _position == _entries.Count ? _unfinished : _entries[_position];
    }

    private static List<string> Read(string? file)
    {
        var entries = new List<string>();
        try
        {
            foreach (string line in file is not null && File.Exists(file) ? File.ReadLines(file) : [])
            {
                if (line.Length > 0 && JsonSerializer.Deserialize<string>(line) is { Length: > 0 } entry)
                {
                    entries.Add(entry);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            // What was read is used.
        }

        return entries;
    }

    /// <summary>Writes the newest entries. If several chats run, the file has those of the chat that wrote last.</summary>
    private void Write()
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
            string temporary = _file + "." + Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var writer = new StreamWriter(temporary, options))
            {
                foreach (string entry in _entries.TakeLast(Most))
                {
                    writer.WriteLine(JsonSerializer.Serialize(entry));
                }
            }

            File.Move(temporary, _file, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The chat is more important than its history.
        }
    }
}
