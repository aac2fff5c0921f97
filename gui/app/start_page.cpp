#include "gui/app/start_page.h"

#include <QCoreApplication>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

namespace meshmall::gui {

namespace {

QListWidget* listOf(const QString& name, QWidget* parent) {
  auto* list = new QListWidget(parent);
  list->setAccessibleName(name);
  list->setWordWrap(true);
  list->setTextElideMode(Qt::ElideNone);
  list->setSpacing(3);
  list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list->setResizeMode(QListView::Adjust);
  return list;
}

}  // namespace

QString questionOf(const QString& description) {
  const int end = static_cast<int>(description.indexOf(QLatin1Char('?')));
  if (end > 0 && end < 400) return description.left(end + 1);
  const int stop = static_cast<int>(description.indexOf(QLatin1String(". ")));
  return stop > 0 ? description.left(stop + 1) : description;
}

QStringList scenarioFolders() {
  QStringList folders;
  const QString program = QCoreApplication::applicationDirPath();
  for (const QString& folder : {QDir::currentPath() + QStringLiteral("/scenarios"), program + QStringLiteral("/../../scenarios"),
                                program + QStringLiteral("/../share/meshmall/scenarios")})
    if (QDir(folder).exists()) folders << QDir(folder).canonicalPath();
  folders.removeDuplicates();
  return folders;
}

StartPage::StartPage(QWidget* parent) : QWidget(parent) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(32, 24, 32, 24);
  auto* title = new QLabel(tr("meshmall"), this);
  QFont font = title->font();
  font.setPointSizeF(font.pointSizeF() * 2);
  title->setFont(font);
  column->addWidget(title);
  column->addWidget(new QLabel(tr("A service mesh as a shopping mall: open one, watch it, change a policy, break a shop."), this));
  auto* row = new QHBoxLayout;
  auto* left = new QVBoxLayout;
  left->addWidget(new QLabel(tr("Scenarios, and what each of them asks"), this));
  gallery_ = listOf(tr("Shipped scenarios"), this);
  left->addWidget(gallery_, 1);
  row->addLayout(left, 3);
  auto* right = new QVBoxLayout;
  right->addWidget(new QLabel(tr("Opened lately"), this));
  recent_ = listOf(tr("Files opened lately"), this);
  right->addWidget(recent_, 1);
  auto* open = new QPushButton(tr("Open a file..."), this);
  open->setToolTip(tr("A scenario, or a result to compare"));
  open->setAccessibleName(tr("Open a file"));
  right->addWidget(open);
  auto* import = new QPushButton(tr("Import manifests or traces..."), this);
  import->setToolTip(tr("A scenario from Kubernetes and Istio manifests, traces or a service graph"));
  import->setAccessibleName(tr("Import manifests or traces"));
  right->addWidget(import);
  right->addWidget(new QLabel(tr("Or drop a file on this window."), this));
  row->addLayout(right, 2);
  column->addLayout(row, 1);
  for (QListWidget* list : {gallery_, recent_})
    connect(list, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) {
      if (const QString file = item->data(Qt::UserRole).toString(); !file.isEmpty()) Q_EMIT chosen(file);
    });
  for (QListWidget* list : {gallery_, recent_})
    connect(list, &QListWidget::itemClicked, this, [this](QListWidgetItem* item) {
      if (const QString file = item->data(Qt::UserRole).toString(); !file.isEmpty()) Q_EMIT chosen(file);
    });
  connect(open, &QPushButton::clicked, this, &StartPage::openAsked);
  connect(import, &QPushButton::clicked, this, &StartPage::importAsked);
}

void StartPage::setFolders(const QStringList& folders) {
  gallery_->clear();
  QStringList files;
  for (const QString& folder : folders) {
    QDirIterator walk(folder, {QStringLiteral("*.json")}, QDir::Files, QDirIterator::Subdirectories);
    while (walk.hasNext()) files << walk.next();
  }
  files.sort();
  for (const QString& name : files) {
    QFile file(name);
    if (file.size() > (1 << 20) || !file.open(QIODevice::ReadOnly)) continue;
    const QJsonObject root = QJsonDocument::fromJson(file.readAll()).object();
    if (!root.contains(QLatin1String("meshmall")) || !root.contains(QLatin1String("services"))) continue;  // a study, a schema
    const QString asks = questionOf(root.value(QLatin1String("description")).toString());
    auto* item = new QListWidgetItem(QStringLiteral("%1\n%2").arg(root.value(QLatin1String("name")).toString(QFileInfo(name).baseName()), asks), gallery_);
    item->setData(Qt::UserRole, name);
    item->setToolTip(name);
  }
  sayWhenEmpty();
}

void StartPage::sayWhenEmpty() {
  if (gallery_->count() > 0) return;
  auto* none = new QListWidgetItem(tr("No shipped scenarios were found beside the program.\nStart it in the folder of the project, or open a file."), gallery_);
  none->setFlags(Qt::NoItemFlags);
}

void StartPage::setRecent(const QStringList& files) {
  recent_->clear();
  if (files.isEmpty()) (new QListWidgetItem(tr("None yet"), recent_))->setFlags(Qt::NoItemFlags);
  for (const QString& name : files) {
    auto* item = new QListWidgetItem(QStringLiteral("%1\n%2").arg(QFileInfo(name).fileName(), QFileInfo(name).path()), recent_);
    item->setData(Qt::UserRole, name);
  }
}

}  // namespace meshmall::gui
